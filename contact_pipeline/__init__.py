"""contact_pipeline: drop a contact file, get a clean CRM and a ranked, explained call list."""

import os

# Threads of numerical libraries wait by spinning: beside another process they slow everything down tenfold, and learning gains
# little by them. Set before these libraries are loaded; whoever sets them otherwise is obeyed.
for _name, _value in (("OMP_WAIT_POLICY", "passive"), ("OPENBLAS_NUM_THREADS", "1")):
    os.environ.setdefault(_name, _value)
