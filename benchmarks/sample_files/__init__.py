"""One module a sample file: how its source tool spells the same people."""
