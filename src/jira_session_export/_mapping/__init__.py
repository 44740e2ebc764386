"""From a ticket to what a create sends, and to less of it when Jira refuses; pure, no I/O."""
