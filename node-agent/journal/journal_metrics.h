// The series of the journal.
#pragma once

#include "lib/telemetry/metrics.h"

namespace faasbatch::journal {

struct JournalMetrics {
  explicit JournalMetrics(telemetry::Registry& registry)
      : entries(registry.counter("faasbatch_journal_entries_total", "Entries written to the journal")),
        commits(registry.counter("faasbatch_journal_commits_total", "Group commits of the journal")),
        failures(registry.counter("faasbatch_journal_failures_total", "Group commits that the disk refused")),
        refused(registry.counter("faasbatch_journal_refused_total",
                                 "Entries refused or dropped because the queue was full")),
        damaged(registry.counter("faasbatch_journal_damaged_total", "Journal files set aside as damaged")),
        pruned(registry.counter("faasbatch_journal_pruned_total", "Records dropped by age, number or bytes")),
        queued(registry.gauge("faasbatch_journal_queued_entries", "Entries that wait to be written")),
        healthy(registry.gauge("faasbatch_journal_healthy", "1 while the disk takes writes")),
        records(registry.gauge("faasbatch_journal_records", "Records of ended runs")),
        recordBytes(registry.gauge("faasbatch_journal_record_bytes", "Bytes of the records of ended runs")),
        commitSeconds(registry.histogram("faasbatch_journal_commit_seconds",
                                         "Time of a group commit with its fsync",
                                         telemetry::latencyBuckets())) {
    healthy.set(1);
  }

  telemetry::Counter& entries;
  telemetry::Counter& commits;
  telemetry::Counter& failures;
  telemetry::Counter& refused;
  telemetry::Counter& damaged;
  telemetry::Counter& pruned;
  telemetry::Gauge& queued;
  telemetry::Gauge& healthy;
  telemetry::Gauge& records;
  telemetry::Gauge& recordBytes;
  telemetry::Histogram& commitSeconds;
};

}  // namespace faasbatch::journal
