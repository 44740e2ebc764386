"""The client of Jira Cloud: everything between us and Jira's REST interfaces."""
