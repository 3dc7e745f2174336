"""The load: scenarios, the process that plays participants, and what their server costs."""
