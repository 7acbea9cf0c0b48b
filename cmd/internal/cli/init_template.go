package cli

// initTemplate is the tandem.yaml that init writes. What is commented out shows
// the defaults.
const initTemplate = `# yaml-language-server: $schema=./${SCHEMA}
# What tandem moves, from where to where. docs/configuration.md explains every
# key; "tandem config show --origin" prints what holds.
version: 1

# All state is kept under this name, so it never changes.
migration: ${MIGRATION}

# Where the data lives today.
source:
${SOURCE}
  # tls: {mode: verify-full, ca: server-ca.pem}   # the default off this machine is verify-full
  # read_from: {host: replica.example.com}        # copy and verify read here

# Where it goes.
target:
${TARGET}
  # tls: {mode: verify-full, ca: server-ca.pem}

# The tables that move, as database.table with * and ?.
tables:
  include: [${TABLES}]
  # exclude: ["courier.tmp_*"]

# Tables that hand over together. What no group names is in the group default.
# groups:
#   reports: ["courier.report_*"]

# Application configuration that must say the same on both sides.
# app_config:
#   - {source: scala/prod.conf, target: aws/prod.conf, expect: {db.url: "*"}}

# replicate:
#   copy: {workers: 4, chunk_bytes: 4MiB}
#   spool: {dir: .tandem/spool, memory: 16MiB}
#   validate: true         # compare what was applied, after one tandem verify
#   on_ddl: apply          # or stop, ignore
#   on_conflict: stop      # or record
`
