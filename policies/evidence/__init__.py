"""One period's evidence in one signed pack: reports, waivers, drills, access reviews, an index by control."""
