"""A workflow that deploys workflows: code and machine together, or not at all.

`machine.json` and `tasks` are the workflow, under the reserved name `deployer`; the verbs of the command line are its
client. Everything is pinned: a machine version names a Lambda version, callers use the alias, and the alias moves last.
"""
