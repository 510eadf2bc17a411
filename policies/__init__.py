"""Healthcare controls as code: rules, verdicts, waivers and reports."""
