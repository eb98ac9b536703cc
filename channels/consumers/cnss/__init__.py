"""The payer's electronic care sheet: a ledger of billable facts, and its submission."""
