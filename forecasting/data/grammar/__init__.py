"""The one grammar of texts at every door: times, numbers and words for a missing one."""
