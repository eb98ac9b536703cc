"""FHIR R4 → the canonical events' own shapes. Pure; the way back from what the modules beside it write.

A resource is read by taking out of it what has a place in an event: what is left then is what has none.
"""
