"""weakspot's core: one round of the improvement loop, from pool to report.

    pool ─► predictions ─► weak spots ─► batch ─► tasks ─► (people) ─► annotations ─► labels ─► tuned model ─┐
      ▲           │                                                                                          │
      │           └─► evaluation ─► gate (promote / hold) ─► report ─► dashboard                             │
      └───────────────────────────── next round ◄────────────────────────────────────────────────────────────┘

Imports go down, and siblings on one floor do not import each other:

    cli
    rounds  report
    project  tasks
    models  evaluation  selection  pool  labels  roles
    ledger  artifacts  config
    registry  protocols
    records  errors

The core knows neither Label Studio nor Streamlit: it reaches a labeling tool by name, through the registry.
"""

__version__ = "0.1.0"
