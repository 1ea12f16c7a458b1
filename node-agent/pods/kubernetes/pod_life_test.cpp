#include "node-agent/pods/kubernetes/pod_life.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace faasbatch::pods {
namespace {

using ::testing::HasSubstr;
using Kind = PodStep::Kind;
using Phase = ObservedPod::Phase;

ObservedPod pod(Phase phase = Phase::kPending, std::string address = {}) {
  return {.key = {"default", "pod-a"}, .uid = "u", .phase = phase, .address = std::move(address)};
}
ObservedPod waiting(std::string reason, std::string message = {}) {
  ObservedPod one = pod();
  one.waiting = {.reason = std::move(reason), .message = std::move(message)};
  return one;
}
ObservedPod ended(std::string reason, std::string message = {}) {
  ObservedPod one = pod(Phase::kFailed);
  one.reason = std::move(reason);
  one.message = std::move(message);
  return one;
}
PodLife ready() { return {.stage = PodStage::kReady}; }

TEST(PodLife, AsksTheRuntimeOnceAsSoonAsThereIsAnAddress) {
  PodLife life;
  EXPECT_EQ(onCreated(life).kind, Kind::kNothing);
  EXPECT_EQ(onSeen(life, pod()).kind, Kind::kNothing);
  EXPECT_EQ(onSeen(life, pod(Phase::kPending, "10.0.0.1")).kind, Kind::kAsk);
  EXPECT_EQ(onSeen(life, pod(Phase::kRunning, "10.0.0.1")).kind, Kind::kNothing);
  EXPECT_TRUE(onAnswers(life));
  EXPECT_FALSE(onAnswers(life));
  EXPECT_EQ(onSeen(life, pod(Phase::kRunning, "10.0.0.1")).kind, Kind::kNothing);
}

TEST(PodLife, TheWatchMayBeFasterThanTheAnswer) {
  PodLife life;
  EXPECT_EQ(onSeen(life, pod(Phase::kRunning, "10.0.0.1")).kind, Kind::kAsk);
  EXPECT_EQ(onCreated(life).kind, Kind::kNothing);
  EXPECT_EQ(onCreateFailed(life, {.reason = "DeadlineExceeded"}).kind, Kind::kNothing);
  EXPECT_EQ(life.stage, PodStage::kAsking);
}

TEST(PodLife, RefusalsOfTheApiServer) {
  struct Case {
    kube::ApiError error;
    Kind kind;
    std::string errorKind;
  };
  const std::vector<Case> cases = {
      {{.status = 403,
        .reason = "Forbidden",
        .message = "pods \"a\" is forbidden: exceeded quota: q, used: pods=1"},
       Kind::kFailed,
       "NoCapacity"},
      {{.status = 403,
        .reason = "Forbidden",
        .message = "pods \"a\" is forbidden: error looking up service account x/default: "
                   "serviceaccount \"default\" not found"},
       Kind::kRetry,
       "Forbidden"},
      {{.status = 403, .reason = "Forbidden", .message = "violates PodSecurity"},
       Kind::kFailed,
       "LoadFailed"},
      {{.status = 422, .reason = "Invalid", .message = "spec.containers[0].resources"},
       Kind::kFailed,
       "LoadFailed"},
      {{.status = 404, .reason = "NotFound", .message = "namespaces \"x\" not found"},
       Kind::kFailed,
       "LoadFailed"},
      {{.status = 429, .reason = "TooManyRequests"}, Kind::kRetry, "TooManyRequests"},
      {{.status = 401, .reason = "Unauthorized"}, Kind::kRetry, "Unauthorized"},
      {{.reason = "Unreachable", .message = "refused"}, Kind::kRetry, "Unreachable"},
      {{.reason = "ConnectionLost"}, Kind::kRetry, "ConnectionLost"},
  };
  for (const Case& one : cases) {
    PodLife life;
    const PodStep step = onCreateFailed(life, one.error);
    EXPECT_EQ(step.kind, one.kind) << one.error.reason << " " << one.error.message;
    EXPECT_EQ(step.error.kind, one.errorKind) << one.error.reason;
    EXPECT_THAT(step.error.message, HasSubstr(one.error.message));
  }
  PodLife life;
  EXPECT_EQ(onCreateFailed(life, {.status = 409, .reason = "AlreadyExists"}).kind, Kind::kNothing);
  EXPECT_EQ(life.stage, PodStage::kMade);
}

TEST(PodLife, ImagesThatCannotBeHadFailAtOnceWithWhy) {
  for (const char* reason :
       {"ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "RunContainerError"}) {
    PodLife life;
    const PodStep step = onSeen(life, waiting(reason, "because"));
    EXPECT_EQ(step.kind, Kind::kFailed) << reason;
    EXPECT_EQ(step.error.kind, "LoadFailed");
    EXPECT_THAT(step.error.message, HasSubstr(std::string(reason) + ": because"));
  }
  PodLife life;
  EXPECT_EQ(onSeen(life, waiting("ContainerCreating")).kind, Kind::kNothing);
  EXPECT_EQ(onSeen(life, waiting("ErrImagePull", "no such tag")).kind, Kind::kNothing);
  EXPECT_THAT(onSeen(life, waiting("ImagePullBackOff", "Back-off pulling image \"x\"")).error.message,
              HasSubstr("no such tag"));
}

TEST(PodLife, ANodeWithoutRoomIsNodeFullOneThatEndsNoCapacityAndAnEarlyEndPodLost) {
  for (const char* reason : {"OutOfpods", "OutOfcpu", "OutOfmemory"}) {
    PodLife life;
    EXPECT_EQ(onSeen(life, ended(reason, "m")).error.kind, "NodeFull") << reason;
  }
  for (const char* reason : {"Evicted", "Terminated"}) {
    PodLife life;
    EXPECT_EQ(onSeen(life, ended(reason, "m")).error.kind, "NoCapacity") << reason;
  }
  PodLife life;
  ObservedPod crashed = pod(Phase::kFailed, "10.0.0.1");
  crashed.terminated = {.reason = "Error", .message = {}, .exitCode = 3};
  const PodStep step = onSeen(life, crashed);
  EXPECT_EQ(step.error.kind, "PodLost");
  EXPECT_THAT(step.error.message, HasSubstr("Error (exit code 3)"));
  EXPECT_EQ(onSeen(life, crashed).kind, Kind::kNothing);
}

TEST(PodLife, EndsOfAReadyPod) {
  PodLife life = ready();
  EXPECT_EQ(onSeen(life, ended("Evicted", "low on memory")),
            (PodStep{.kind = Kind::kGone, .why = "Evicted: low on memory"}));
  EXPECT_EQ(onDeleted(life, pod()).kind, Kind::kNothing) << "told already";
  life = ready();
  EXPECT_EQ(onDeleted(life, pod(Phase::kRunning)), (PodStep{.kind = Kind::kGone, .why = "it was deleted"}));
}

TEST(PodLife, SomebodyElsesDeletionIsTold) {
  ObservedPod leaving = pod(Phase::kRunning, "10.0.0.1");
  leaving.deleting = true;
  PodLife life = ready();
  EXPECT_EQ(onSeen(life, leaving).kind, Kind::kLeaving);
  EXPECT_EQ(onSeen(life, leaving).kind, Kind::kNothing);
  EXPECT_EQ(onDeleted(life, leaving).kind, Kind::kGone);
  life = ready();
  life.endAsked = true;
  EXPECT_EQ(onSeen(life, leaving).kind, Kind::kNothing) << "our own";
  EXPECT_EQ(onDeleted(life, leaving).kind, Kind::kGone);
  life = {};
  EXPECT_EQ(onSeen(life, leaving).error.kind, "PodLost") << "not ready yet";
}

TEST(PodLife, WhatItsNodeWarnsOfFailsItOnlyOnceItHasLasted) {
  struct Case {
    std::string warning;
    std::string kind;  // of the failure; empty: none
  };
  const std::vector<Case> cases = {
      {"FailedMount: MountVolume.SetUp failed for volume \"v\": secret \"s\" not found", "LoadFailed"},
      {"FailedAttachVolume: m", "LoadFailed"},
      {"FailedCreatePodSandBox: m", "NoCapacity"},
      {"NetworkNotReady: m", "NoCapacity"},
      {"BackOff: m", ""},
      {"FailedMounting", ""},
      {"", ""},
  };
  const ObservedPod seen = waiting("ContainerCreating");
  for (const Case& one : cases) {
    PodLife life{.stage = PodStage::kMade};
    EXPECT_EQ(onWarned(life, seen.key, one.warning, false).kind, Kind::kNothing);
    EXPECT_EQ(podWaitsFor(life, &seen),
              one.warning.empty() ? "ContainerCreating" : "ContainerCreating; " + one.warning);
    const PodStep step = onWarned(life, seen.key, one.warning, true);
    EXPECT_EQ(step.kind, one.kind.empty() ? Kind::kNothing : Kind::kFailed) << one.warning;
    EXPECT_EQ(step.error.kind, one.kind) << one.warning;
    if (one.kind.empty()) continue;
    EXPECT_THAT(step.error.message, HasSubstr("pod default/pod-a cannot start: " + one.warning));
    EXPECT_EQ(onSeen(life, seen).kind, Kind::kNothing) << "told once";
  }
  PodLife healed{.stage = PodStage::kMade};
  onWarned(healed, seen.key, "FailedMount: m", false);
  EXPECT_EQ(onWarned(healed, seen.key, "", true).kind, Kind::kNothing);
  PodLife up{.stage = PodStage::kAsking};
  EXPECT_EQ(onWarned(up, seen.key, "FailedMount: m", true).kind, Kind::kNothing);
}

// Whatever comes in whatever order: one failure or one end, and nothing after it.
TEST(PodLife, SaysTheEndOnceAndNothingAfterIt) {
  std::mt19937 random(5);
  const std::vector<ObservedPod> sights = {pod(),
                                           pod(Phase::kRunning, "10.0.0.1"),
                                           waiting("ErrImagePull"),
                                           waiting("ImagePullBackOff"),
                                           ended("Evicted"),
                                           ended("")};
  for (int round = 0; round < 2000; ++round) {
    PodLife life;
    bool wasReady = false;
    int ends = 0;
    for (int i = 0; i < 20; ++i) {
      PodStep step;
      const auto choice = random() % 10;
      if (choice < 5) {
        ObservedPod one = sights[random() % sights.size()];
        one.deleting = random() % 4 == 0;
        step = onSeen(life, one);
      } else if (choice == 5) {
        step = onDeleted(life, pod());
      } else if (choice == 6) {
        step = onCreateFailed(life, {.status = 422, .reason = "Invalid"});
      } else if (choice == 7) {
        step = onCreated(life);
      } else if (choice == 8) {
        wasReady = onAnswers(life) || wasReady;
      } else {
        life.endAsked = true;
      }
      if (ends > 0) {
        ASSERT_EQ(step.kind, Kind::kNothing);
      }
      if (step.kind == Kind::kFailed || step.kind == Kind::kGone) {
        ++ends;
        ASSERT_EQ(step.kind == Kind::kGone, wasReady);
      }
    }
    ASSERT_LE(ends, 1);
  }
}

TEST(PodLife, SaysWhatAPodWaitsFor) {
  ObservedPod pod;
  const auto says = [&pod](PodStage stage) { return podWaitsFor({.stage = stage}, &pod); };
  EXPECT_THAT(says(PodStage::kAsked), HasSubstr("API server"));
  EXPECT_THAT(says(PodStage::kMade), HasSubstr("Pending"));
  EXPECT_THAT(podWaitsFor({.stage = PodStage::kMade}, nullptr), HasSubstr("Pending"));
  pod.waiting = {.reason = "ContainerCreating", .message = {}};
  EXPECT_EQ(says(PodStage::kMade), "ContainerCreating");
  pod.waiting->message = "mounting";
  EXPECT_EQ(says(PodStage::kMade), "ContainerCreating: mounting");
  EXPECT_THAT(podWaitsFor({.stage = PodStage::kMade, .pullFailure = "no x"}, &pod), HasSubstr("no x"));
  EXPECT_THAT(says(PodStage::kAsking), HasSubstr("does not answer"));
  EXPECT_EQ(says(PodStage::kReady), "");
  EXPECT_EQ(says(PodStage::kOver), "");
}

}  // namespace
}  // namespace faasbatch::pods
