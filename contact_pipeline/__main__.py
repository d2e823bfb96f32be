"""`python -m contact_pipeline` is the command line."""

from contact_pipeline.cli import main

main()
