"""Is it genuine? What somebody did to find out, and what came of it. The directory itself is in `people.directory`."""
