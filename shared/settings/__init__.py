"""What operators change at run time: the catalogue of keys, their rules, their secrets, and how services read them."""
