"""Label Studio.

labeler      the Labeler: send, collect           server, installation, processes, state_folder   the embedded server
send, collect, rows, annotations, responses       access, accounts, secret_key, data_lock   who may sign in, and where
pages        what annotators see, and what they answer
client, connection, door   talking to a server    projects, marker   which project there is ours
"""
