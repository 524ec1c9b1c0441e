"""The labeling tools: questions go there, annotations come back. One folder for each tool.

label_studio   Label Studio: its pages, sending, collecting, and the server that weakspot runs
simulated      what simulated annotators answer
"""
