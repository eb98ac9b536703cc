"""Who may do what, and what keeps bytes secret."""
