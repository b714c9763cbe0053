"""`restrike tournament`: tournaments, their days, and which matches belong to them."""
