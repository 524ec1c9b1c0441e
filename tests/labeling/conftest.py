from real_label_studio import label_studio_server, label_studio_venv  # noqa: F401
