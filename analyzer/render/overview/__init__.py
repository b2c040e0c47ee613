"""The overview of all sites of a store: a page and tables, made from the facts of each site's report."""
