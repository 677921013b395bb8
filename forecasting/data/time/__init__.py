"""Time: calendars, grids of steps, zones, seasons, features of the clock and holidays."""
