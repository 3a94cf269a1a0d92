"""The ledger's one transaction: what an attempt leaves behind."""
