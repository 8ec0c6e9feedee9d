"""The contract that every isolation keeps, for packages that add one: inherit it, or run ``check-plugin``.

It needs pytest, which ``pip install 'isobench[testing]'`` brings. ``contract`` is the suite, ``furnishing`` what a
workload finds, ``launching`` how a check starts an instance, ``checking`` runs all of it on one isolation.
"""
