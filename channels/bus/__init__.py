"""The log: the contract, and the embedded one."""
