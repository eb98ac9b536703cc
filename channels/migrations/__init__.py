"""How the tables of each store came to be: a folder a store, a file a revision, the same for SQLite and PostgreSQL.

A revision is named by its number, 0001 and on, and is written so that the program before it still works on the tables
it leaves: during an update both run. The test of this package tells where tables and revisions differ.
"""
