"""`weakspot init`: a person's files → a project folder.

request    what was asked, and what of it means nothing for the task
create     files → columns, splits, leak guard → everything on disk
settings   options of generation → keys of weakspot.yaml
"""
