"""One file per task type: what an expert sees, and what an expert's answer means. Pure: no network, no clock."""
