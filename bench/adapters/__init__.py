"""The servers that the load generator meets: how each is started, joined and watched."""
