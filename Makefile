# `make run` and `make test` set themselves up; nothing but python3 and make is needed.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check format dev bench quality campaign samples docs pictures lock audit clean

# The main job on the samples: import, score, report.
run: .venv
	@$(BIN)/contact-pipeline run data/samples/*.csv data/samples/*.xlsx
	@echo "dashboard: $(BIN)/contact-pipeline dashboard serve, and for a link $(BIN)/contact-pipeline dashboard link --label me"

# The whole suite, on two cores: a third worker, for many tests wait for processes that they started; a fourth gains nothing.
test: .venv
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

# Format, lint, types.
check: .venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Dagster UI and daemon over ./data: drop files into data/drop.
dev: .venv
	$(BIN)/contact-pipeline dev

# Every promise of speed, beside DuckDB itself or a peer, with peak memory: writes benchmarks/RESULTS.md and fails where a
# limit is missed. Some 40 minutes on two idle cores, and 20 GB of disk. Without the peers' environment their rows say so.
bench: .venv
	-@$(MAKE) --no-print-directory .venv-peers
	$(BIN)/python -m benchmarks.bench

# How good scores are, beside peers, on public sets of conversions.
quality: .venv
	$(BIN)/python -m benchmarks.lead_quality
	$(BIN)/python -m benchmarks.lead_other_sets

# Long: new examples against every law of the suite; 10,000 damaged files, none of which may do harm; 100 imports killed
# and run again; a full disk and lost permissions at every stage; half an hour of the running product under random files, kills
# of every process of it and a full disk.
campaign: .venv
	HYPOTHESIS_PROFILE=search $(BIN)/pytest -n 2 --dist loadfile contact_pipeline_tests/unit
	$(BIN)/python -m benchmarks.mutations
	$(BIN)/python -m benchmarks.kills 100
	$(BIN)/python -m benchmarks.hardships
	$(BIN)/python -m benchmarks.soak

# Writes data/samples anew; the bytes are the same for the same seed.
samples: .venv
	$(BIN)/python -m benchmarks.samples

# Writes the reference pages of docs/ from the code.
docs: .venv
	$(BIN)/python docs/generate.py

# Takes the pictures of dashboard and report in docs/img/ anew, from the samples; needs chromium.
pictures: .venv
	$(BIN)/python docs/pictures.py

# Environment from the lock file; made anew when that or the project file changes.
.venv: .venv/made
.venv/made: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch .venv/made

# What `make bench` measures the product beside; never a part of the product's own environment.
.venv-peers: .venv-peers/made
.venv-peers/made: benchmarks/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r benchmarks/peers.txt
	touch .venv-peers/made

# Newest versions that pyproject.toml (and, for the peers, benchmarks/peers.in) allows, with hashes.
lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet uv
	.venv-lock/bin/uv pip compile --quiet --universal --group dev --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	.venv-lock/bin/uv pip compile --quiet --universal --constraint requirements.lock --generate-hashes --no-emit-index-url \
		--no-annotate --custom-compile-command "make lock" --output-file deploy/requirements.lock pyproject.toml
	echo hatchling | .venv-lock/bin/uv pip compile --quiet --universal --constraint requirements.lock --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command "make lock" --output-file deploy/build.lock -
	.venv-lock/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --output-file benchmarks/peers.txt benchmarks/peers.in
	rm -rf .venv-lock

# Whether a locked package is known to be vulnerable; tells "none known" from "could not be asked".
audit:
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@.venv-audit/bin/pip-audit --requirement requirements.lock --disable-pip --progress-spinner off \
		--format json --output .venv-audit/report.json >/dev/null 2>.venv-audit/log || true
	@test -s .venv-audit/report.json || { cat .venv-audit/log; echo "NOT AUDITED: pip-audit gave no report"; exit 2; }
	@$(PYTHON) .ci/audit.py .venv-audit/report.json

clean:
	rm -rf .venv .venv-peers .venv-audit .pytest_cache .mypy_cache .ruff_cache
