"""The tables of a report, as records without any markup."""
