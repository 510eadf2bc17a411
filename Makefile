# Every target is a short script; `make help` lists them.
.POSIX:
.PHONY: help up down test check fmt bench proof doctor clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

up: ## bring the whole cell up on this machine: organisation, foundation, cell, two tenants
	@scripts/up

down: ## stop everything that `make up` started; delete nothing
	@scripts/down

test: ## every check and every test, from nothing
	@scripts/test

check: ## format, lint, types and import rules, without the tests
	@scripts/check

fmt: ## format the code
	@scripts/fmt

bench: ## print the figures: times, memory, requests a second
	@scripts/bench

proof: ## bring a fresh clone up and down again, checking every promise on the way
	@scripts/proof

doctor: ## say what this machine lacks and how to get it
	@scripts/doctor

clean: ## stop everything and remove what was made in this folder
	@scripts/clean
