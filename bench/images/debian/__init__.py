"""Distribution packages: what a root file system is made of, fetched by mmdebstrap."""
