"""contact_pipeline: drop a contact file, get a clean CRM and a ranked, explained call list."""
