"""`restrike import`: tables of athletes, draws and days, and what other programs left."""
