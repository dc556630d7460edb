#include "modules/platform/gateway/app/page_parts.hpp"

#include <gtest/gtest.h>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/testing/fake_clock.hpp"

namespace emporion::gateway {
namespace {

using Text = Result<std::string>;

struct PagePartsTest : ::testing::Test {
  ~PagePartsTest() override {
    start_detached([](PageParts& which) -> Task<void> { co_await which.close(); }(parts));
  }
  static Task<Text> held(std::shared_ptr<OneShot<Text>> door) { co_return co_await *door; }
  static Task<void> ask_for(PageParts& parts, std::string module, milliseconds limit, CallContext context, std::shared_ptr<OneShot<Text>> door,
                            std::optional<Text>& out) {
    out = co_await parts.ask<std::string>(module, limit, std::move(context), [&](CallContext) { return held(door); });
  }
  struct Asked {
    std::shared_ptr<OneShot<Text>> door = std::make_shared<OneShot<Text>>();
    std::optional<Text> answer;
  };
  void ask(Asked& asked, const std::string& module, milliseconds limit) {
    start_detached(ask_for(parts, module, limit, CallContext(clock.now() + seconds(2), Uuid(), Principal::guest()), asked.door, asked.answer));
  }
  void tick_after(microseconds span) {
    clock.move(span);
    parts.tick();
  }

  Runtime runtime;
  testing::FakeClock clock;
  SystemRandom random;
  Upstreams upstreams{100, random, [this] { return rpc::Instant(microseconds(clock.now().micros_since_epoch())); }};
  PageParts parts{runtime, clock, upstreams};
};

TEST_F(PagePartsTest, EachPartHasItsOwnLimitAndWhatComesLateIsDropped) {
  Asked quick;
  Asked slow;
  ask(quick, "catalog", milliseconds(800));
  ask(slow, "warehouse", milliseconds(300));
  tick_after(milliseconds(299));
  EXPECT_FALSE(slow.answer.has_value());
  tick_after(milliseconds(1));
  ASSERT_TRUE(slow.answer.has_value());
  EXPECT_EQ(slow.answer->error().reason(), "UPSTREAM_TIMEOUT");
  EXPECT_FALSE(quick.answer.has_value());
  quick.door->set(std::string("here"));
  EXPECT_EQ(**quick.answer, "here");
  slow.door->set(std::string("too late"));
  EXPECT_FALSE(slow.answer->has_value());
}

TEST_F(PagePartsTest, AModuleThatMissesItsLimitAgainAndAgainIsNotAskedForAWhile) {
  for (int i = 0; i < 5; ++i) {
    Asked late;
    ask(late, "warehouse", milliseconds(300));
    tick_after(milliseconds(300));
    late.door->set(std::string());
  }
  Asked refused;
  ask(refused, "warehouse", milliseconds(300));
  ASSERT_TRUE(refused.answer.has_value());
  EXPECT_EQ(refused.answer->error().reason(), "UPSTREAM_OPEN");
  Asked other;
  ask(other, "catalog", milliseconds(300));
  other.door->set(std::string("well"));
  EXPECT_TRUE(other.answer->has_value());
  EXPECT_EQ(upstreams.of("warehouse").in_flight(), 0);
}

TEST_F(PagePartsTest, AModuleThatHasTooMuchToDoIsNotAskedForAPage) {
  for (int i = 0; i < 95; ++i) upstreams.of("warehouse").begin();
  Asked refused;
  ask(refused, "warehouse", milliseconds(300));
  EXPECT_EQ(refused.answer->error().reason(), "OVERLOADED");
  for (int i = 0; i < 95; ++i) upstreams.of("warehouse").end();
}

TEST_F(PagePartsTest, WhatTheModuleRefusesArrivesAsItSaidIt) {
  Asked asked;
  ask(asked, "catalog", milliseconds(300));
  asked.door->set(fail(ErrorKind::not_found, "PRODUCT_NOT_FOUND"));
  EXPECT_EQ(asked.answer->error().reason(), "PRODUCT_NOT_FOUND");
  EXPECT_EQ(upstreams.of("catalog").breaker().state(), rpc::Breaker::State::closed);
}

}  // namespace
}  // namespace emporion::gateway
