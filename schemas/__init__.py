"""What is said: messages, canonical events and their bytes. Imports nothing else of Wasl."""
