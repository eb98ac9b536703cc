"""The canonical events, kind by kind; `schemas/events.py` names them all."""
