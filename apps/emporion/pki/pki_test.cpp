#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>

#include "apps/emporion/pki/authority.hpp"
#include "apps/emporion/pki/certificates.hpp"
#include "kernel/base/text.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/temporary_folder.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<Holder> two = {{"edge", {"gateway", "auth"}}, {"stock", {"warehouse"}}};

struct Pki : ::testing::Test {
  /// Each with a lock of its own, as each run of the command has.
  Result<> change(const std::function<Result<>(const PkiFolder&)>& change) {
    said.clear();
    EMP_ASSIGN(const auto folder, PkiFolder::lock(files.folder, clock.now(), [this](std::string_view line) { said.emplace_back(line); }));
    return change(folder);
  }
  Result<> init(std::vector<Holder> holders = two) {
    return change([&](const PkiFolder& folder) -> Result<> {
      EMP_TRY(make_authority(folder));
      return certify(folder, holders, 90, Keys::keep);
    });
  }
  Result<> rotate_certificates() {
    return change([&](const PkiFolder& folder) { return rotate(folder, two, 90); });
  }

  std::map<std::string, std::string> snapshot() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(files.folder)) {
      std::ifstream in(entry.path());
      out[entry.path().filename().string()].assign(std::istreambuf_iterator<char>(in), {});
    }
    return out;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, bytes] : snapshot()) out.push_back(name);
    return out;
  }
  security::Certificate certificate(std::string_view name) const { return read_certificate(files.certificate(name)).value().value(); }
  security::PrivateKey key(std::string_view name) const { return read_key(files.key(name)).value().value(); }
  std::vector<security::Certificate> authorities() const { return read_authorities(files).value(); }

  /// Both processes can prove to each other who they are.
  void expect_whole() const {
    for (const std::string_view name : {"edge", "stock"}) {
      EXPECT_EQ(certificate(name).public_key, key(name).public_key) << name;
      EXPECT_TRUE(security::check_certificate(certificate(name), authorities(), clock.now())) << name;
    }
    EXPECT_THAT(certificate("edge").dns_names, ElementsAre("auth.emporion", "gateway.emporion"));
    EXPECT_THAT(certificate("stock").dns_names, ElementsAre("warehouse.emporion"));
    EXPECT_THAT(names(), ElementsAre("ca.key", "ca.pem", "edge.key", "edge.pem", "stock.key", "stock.pem"));
  }

  testing::TemporaryFolder temporary{"pki"};
  PkiFiles files{temporary.path()};
  testing::FakeClock clock;
  std::vector<std::string> said;
};

std::string reason(const Result<>& result) { return result ? "" : result.error().reason(); }

TEST_F(Pki, EachProcessGetsAKeyOfItsOwnAndACertificateForItsModules) {
  ASSERT_TRUE(init());
  expect_whole();
  EXPECT_EQ(certificate("edge").name, "edge");
  EXPECT_EQ(days_left(certificate("edge"), clock.now()), 90);
  EXPECT_EQ(days_left(authorities().front(), clock.now()), 3650);
  EXPECT_NE(key("edge").public_key, key("stock").public_key);
  constexpr auto for_its_owner = fs::perms::owner_read | fs::perms::owner_write;
  for (const auto& file : {files.authority_key(), files.key("edge"), files.key("stock")}) EXPECT_EQ(fs::status(file).permissions(), for_its_owner) << file;
  EXPECT_THAT(said, ElementsAre("ca.key: made", "ca.pem: made", "edge.key: made", "edge.pem: made, for auth and gateway, 90 days", "stock.key: made",
                                "stock.pem: made, for warehouse, 90 days"));
}

TEST_F(Pki, AMachineWhoseClockIsTenMinutesBehindBelievesThemAtOnce) {
  ASSERT_TRUE(init());
  EXPECT_TRUE(security::check_certificate(certificate("edge"), authorities(), clock.now() - minutes(10)));
  EXPECT_FALSE(security::check_certificate(certificate("edge"), authorities(), clock.now() - minutes(20)));
}

TEST_F(Pki, ARepeatChangesNothing) {
  ASSERT_TRUE(init());
  const auto before = snapshot();
  clock.move(days(59));
  ASSERT_TRUE(init({two[1], {"edge", {"auth", "gateway", "auth"}}})) << "nor does another order";
  EXPECT_EQ(snapshot(), before);
  EXPECT_THAT(
      said, ElementsAre("ca.key: kept", "ca.pem: kept", "stock.key: kept", "stock.pem: kept, 31 days left", "edge.key: kept", "edge.pem: kept, 31 days left"));
}

TEST_F(Pki, ACertificateWithAThirdOfItsLifeLeftIsMadeAnewForTheSameKey) {
  ASSERT_TRUE(init());
  const auto before = snapshot();
  clock.move(days(61));
  ASSERT_TRUE(init());
  expect_whole();
  EXPECT_EQ(days_left(certificate("stock"), clock.now()), 90);
  EXPECT_EQ(snapshot()["stock.key"], before.at("stock.key"));
  EXPECT_THAT(said.back(), "stock.pem: made, for warehouse, 90 days; it had 29 days left");
}

TEST_F(Pki, AProcessWithOtherModulesGetsAnotherCertificateForTheSameKey) {
  ASSERT_TRUE(init({{"edge", {"gateway"}}, two[1]}));
  const auto before = snapshot();
  ASSERT_TRUE(init());
  expect_whole();
  EXPECT_EQ(snapshot()["edge.key"], before.at("edge.key"));
  EXPECT_EQ(snapshot()["stock.pem"], before.at("stock.pem"));
  EXPECT_THAT(said[3], "edge.pem: made, for auth and gateway, 90 days; it was for gateway");
}

TEST_F(Pki, RotatingMakesKeysAndCertificatesAnew) {
  ASSERT_TRUE(init());
  const auto before = snapshot();
  ASSERT_TRUE(rotate_certificates());
  expect_whole();
  const auto after = snapshot();
  for (const std::string name : {"edge.key", "edge.pem", "stock.key", "stock.pem"}) EXPECT_NE(after.at(name), before.at(name)) << name;
  for (const std::string name : {"ca.key", "ca.pem"}) EXPECT_EQ(after.at(name), before.at(name)) << name;
}

TEST_F(Pki, ANameThatCannotBeAFileIsRefusedBeforeAnythingIsMade) {
  for (const std::string name : {"", "../edge", "a.b", "a b", "-a", "ca", "ca-next"}) {
    EXPECT_EQ(reason(init({two[0], {name, {}}})), "PKI_NAME_INVALID") << name;
    EXPECT_THAT(names(), ElementsAre("ca.key", "ca.pem")) << name;
  }
  EXPECT_EQ(reason(init({{std::string(65, 'a'), {}}})), "PKI_NAME_INVALID");
}

TEST_F(Pki, TheAuthoritysKeyIsNeededOnlyToIssue) {
  ASSERT_TRUE(init());
  const auto before = snapshot();
  fs::remove(files.authority_key());
  EXPECT_TRUE(init());
  EXPECT_EQ(reason(init({two[0], two[1], {"new", {"order"}}})), "AUTHORITY_KEY_MISSING");
  EXPECT_EQ(reason(rotate_certificates()), "AUTHORITY_KEY_MISSING");
  auto left = before;
  left.erase("ca.key");
  EXPECT_EQ(snapshot(), left);
}

TEST_F(Pki, AKeyOfAnotherAuthorityIsRefusedAndNothingIsOverwritten) {
  ASSERT_TRUE(init());
  std::ofstream(files.authority_key()) << security::make_private_key().pem.reveal();
  const auto before = snapshot();
  EXPECT_EQ(reason(change(make_authority)), "AUTHORITY_MISMATCH");
  EXPECT_EQ(reason(init()), "AUTHORITY_MISMATCH");
  EXPECT_EQ(reason(rotate_certificates()), "AUTHORITY_MISMATCH");
  EXPECT_EQ(snapshot(), before);
}

TEST_F(Pki, WithoutAnAuthorityNothingIsIssued) {
  EXPECT_EQ(reason(rotate_certificates()), "AUTHORITY_MISSING");
  EXPECT_EQ(reason(change(add_authority)), "AUTHORITY_MISSING");
  EXPECT_EQ(reason(change(drop_old_authorities)), "AUTHORITY_MISSING");
  EXPECT_THAT(names(), IsEmpty());
  files.folder /= "none";
  EXPECT_EQ(reason(init()), "PKI_MISSING");
}

TEST_F(Pki, AnAuthorityThatHasExpiredIssuesNothingUntilItIsReplaced) {
  ASSERT_TRUE(init());
  clock.move(days(3651));
  EXPECT_EQ(reason(init()), "AUTHORITY_EXPIRED");
  ASSERT_TRUE(change(add_authority));
  ASSERT_TRUE(rotate_certificates());
  ASSERT_TRUE(change(drop_old_authorities));
  expect_whole();
}

TEST_F(Pki, WhatIsNoKeyOrCertificateIsNamedAndLeft) {
  ASSERT_TRUE(init());
  for (const auto& file : {files.certificate("edge"), files.key("edge"), files.authority_key(), files.authorities()}) {
    const auto good = snapshot();
    std::ofstream(file) << "spilt";
    const auto before = snapshot();
    const auto refused = init();
    EXPECT_EQ(reason(refused), "PKI_MALFORMED") << file;
    EXPECT_THAT(refused.error().detail(), HasSubstr(file.string()));
    EXPECT_EQ(snapshot(), before);
    std::ofstream(file) << good.at(file.filename().string());
  }
}

/// A process that has read its files goes on with them for a while, whatever the others have read: of two neighbouring steps each believes the other.
TEST_F(Pki, WhileTheAuthorityIsReplacedWhoeverHasReadItsFilesBelievesWhoeverHasNotYet) {
  struct Read {
    security::Certificate edge;
    std::vector<security::Certificate> authorities;
  };
  ASSERT_TRUE(init());
  const std::vector<std::function<Result<>()>> steps = {[&] { return change(add_authority); }, [&] { return rotate_certificates(); },
                                                        [&] { return change(drop_old_authorities); }};
  Read old{certificate("edge"), authorities()};
  const auto first = old;
  for (const auto& step : steps) {
    const auto stepped = step();
    ASSERT_TRUE(stepped) << stepped.error().to_string();
    const Read now{certificate("edge"), authorities()};
    EXPECT_TRUE(security::check_certificate(now.edge, old.authorities, clock.now()));
    EXPECT_TRUE(security::check_certificate(old.edge, now.authorities, clock.now()));
    old = now;
  }
  expect_whole();
  EXPECT_EQ(authorities().size(), 1U);
  EXPECT_FALSE(security::check_certificate(first.edge, authorities(), clock.now())) << "the old authority is believed no longer";
}

TEST_F(Pki, EachStepOfReplacingTheAuthorityMayBeRepeatedButNoneLeftOut) {
  ASSERT_TRUE(init());
  EXPECT_TRUE(change(drop_old_authorities)) << "there is nothing to finish, and nothing is changed";
  ASSERT_TRUE(change(add_authority));
  const auto added = snapshot();
  EXPECT_TRUE(change(add_authority));
  EXPECT_TRUE(init()) << "the old one still issues";
  EXPECT_EQ(snapshot(), added);
  EXPECT_EQ(reason(change(drop_old_authorities)), "AUTHORITY_ROTATING");
  ASSERT_TRUE(change([&](const PkiFolder& folder) { return rotate(folder, {&two[0], 1}, 90); }));
  EXPECT_EQ(reason(change(add_authority)), "AUTHORITY_ROTATING");
  const auto refused = change(drop_old_authorities);
  EXPECT_EQ(reason(refused), "AUTHORITY_IN_USE");
  EXPECT_THAT(refused.error().detail(), HasSubstr("stock.pem would not be believed"));
  ASSERT_TRUE(init()) << "what is of the old one does not fit any more";
  ASSERT_TRUE(change(drop_old_authorities));
  const auto finished = snapshot();
  EXPECT_TRUE(change(drop_old_authorities));
  EXPECT_EQ(snapshot(), finished);
  expect_whole();
}

/// What a crash leaves after each file, made by hand; tests/journeys crashes the command itself.
TEST_F(Pki, WhatACrashLeftIsTakenUpWithoutOverwritingAKey) {
  ASSERT_TRUE(init());
  const auto good = snapshot();
  for (const std::string left_out : {"ca.pem", "edge.pem", "stock.pem"}) {
    fs::remove(files.folder / left_out);
    ASSERT_TRUE(init()) << left_out;
    expect_whole();
    for (const std::string name : {"ca.key", "edge.key", "stock.key"}) EXPECT_EQ(snapshot()[name], good.at(name)) << name << " after " << left_out;
  }
  const auto rotated = security::make_private_key();
  std::ofstream(files.key("edge")) << rotated.pem.reveal();
  std::ofstream(files.key("edge").string() + ".new") << "half a";
  ASSERT_TRUE(init());
  expect_whole();
  EXPECT_EQ(certificate("edge").public_key, rotated.public_key);
}

TEST_F(Pki, ACrashWhileAnAuthorityIsAddedLeavesAKeyThatTheRepeatUses) {
  ASSERT_TRUE(init());
  const auto key = security::make_private_key();
  std::ofstream(files.next_authority_key()) << key.pem.reveal();
  ASSERT_TRUE(change(drop_old_authorities)) << "nothing was added yet";
  ASSERT_TRUE(change(add_authority));
  ASSERT_EQ(authorities().size(), 2U);
  EXPECT_EQ(authorities().back().public_key, key.public_key);
}

}  // namespace
}  // namespace emporion::app
