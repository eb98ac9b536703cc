"""HL7 v2: reader, datatypes, acknowledgements; then one module a message family."""
