# shellcheck shell=bash
# What every script here begins with.
lib=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=lib/settings.sh
. "$lib/settings.sh"
# shellcheck source=lib/way.sh
. "$lib/way.sh"
# shellcheck source=lib/outer.sh
. "$lib/outer.sh"
# shellcheck source=lib/provider.sh
. "$lib/provider.sh"
