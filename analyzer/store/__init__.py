"""A store keeps what was read of many captures, so that only new ones are read, and all of them are judged again.

    add        captures -> increments: what each vantage's captures add to its flows, and where reading can go on
    evidence   increments -> the evidence that reading all captures at once gives
    tables     the tables of the last report of each site, which questions are answered from
    ask        SQL over these tables

A vantage is a chain of captures. Its key is a hash over the way of reading and the SHA-256 of each capture, in order.
An increment is kept by the key of the chain that it ends. So a late capture, a changed file or another version make
another key, and what has that key is read, whatever was there before.

Layout of the folder: ``manifest.json`` states what counts; ``increments/KEY/`` has the increments;
``tables/site=NAME/`` has the tables; ``lock`` is locked while the store is read or written. Nothing in a manifest is a
path in the folder.
"""
