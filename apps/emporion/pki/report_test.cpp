#include "apps/emporion/pki/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "apps/emporion/pki/authority.hpp"
#include "apps/emporion/pki/certificates.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/temporary_folder.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::vector<Holder> two = {{"edge", {"auth", "gateway"}}, {"stock", {"warehouse"}}};

struct PkiReport : ::testing::Test {
  PkiReport() {
    change(make_authority);
    issue(two, 90);
  }
  void change(const std::function<Result<>(const PkiFolder&)>& change) const {
    const auto folder = PkiFolder::lock(files.folder, clock.now(), [](std::string_view) {});
    const auto changed = folder ? change(*folder) : std::unexpected(folder.error());
    ASSERT_TRUE(changed) << changed.error().to_string();
  }
  void issue(std::vector<Holder> holders, int life_days) const {
    change([&](const PkiFolder& folder) { return certify(folder, holders, life_days, Keys::replace); });
  }
  std::vector<PkiEntry> entries(std::span<const Holder> expected = {}) const { return inspect(files, expected, clock.now()).value(); }
  /// "edge.pem CERTIFICATE_EXPIRED" of each that is at fault.
  std::vector<std::string> faults(std::span<const Holder> expected = {}) const {
    std::vector<std::string> out;
    for (const auto& entry : entries(expected)) {
      if (entry.fault) out.push_back(entry.file + " " + entry.fault->reason());
    }
    return out;
  }

  testing::TemporaryFolder temporary{"pki"};
  PkiFiles files{temporary.path()};
  testing::FakeClock clock;
};

TEST_F(PkiReport, TellsWhoHasACertificateForWhichModulesAndForHowLong) {
  issue({{"operator", {}}}, 30);
  const auto all = entries(two);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].file, "ca.pem");
  EXPECT_THAT(all[0].holds, StartsWith("Emporion authority "));
  EXPECT_EQ(all[1].file, "edge.pem");
  EXPECT_EQ(all[1].holds, "auth and gateway");
  EXPECT_EQ(all[1].days_left, 90);
  EXPECT_EQ(all[1].valid_until, clock.now() + days(90));
  EXPECT_EQ(all[2].holds, "no module");
  EXPECT_EQ(all[2].days_left, 30);
  EXPECT_THAT(faults(two), IsEmpty());
}

TEST_F(PkiReport, WarnsAWeekBeforeACertificateExpiresAndFromThenOn) {
  issue({two[1]}, 400);
  clock.move(days(83));
  EXPECT_THAT(faults(), IsEmpty());
  clock.move(seconds(1));
  EXPECT_THAT(faults(), ElementsAre("edge.pem CERTIFICATE_EXPIRING"));
  EXPECT_EQ(entries()[1].days_left, 6);
  clock.move(days(7));
  EXPECT_THAT(faults(), ElementsAre("edge.pem CERTIFICATE_EXPIRED"));
  EXPECT_EQ(entries()[1].days_left, -1);
}

TEST_F(PkiReport, WarnsOfAnAuthorityThatExpires) {
  clock.move(days(3645));
  EXPECT_THAT(faults(), ElementsAre("ca.pem CERTIFICATE_EXPIRING", "edge.pem CERTIFICATE_EXPIRED", "stock.pem CERTIFICATE_EXPIRED"));
}

TEST_F(PkiReport, WarnsOfWhatTheAuthoritiesDoNotVouchFor) {
  const auto key = security::make_private_key();
  std::ofstream(files.authorities()) << security::Authority::sign_own("Another", clock.now(), clock.now() + days(1000), key).pem;
  EXPECT_THAT(faults(), ElementsAre("edge.pem CERTIFICATE_REFUSED", "stock.pem CERTIFICATE_REFUSED"));
}

TEST_F(PkiReport, WarnsOfAKeyThatIsAnothersAndTakesAKeyElsewhereForGranted) {
  std::ofstream(files.key("edge")) << security::make_private_key().pem.reveal();
  fs::remove(files.key("stock"));
  EXPECT_THAT(faults(), ElementsAre("edge.pem KEY_MISMATCH"));
  std::ofstream(files.key("edge")) << "spilt";
  std::ofstream(files.certificate("stock")) << "spilt";
  EXPECT_THAT(faults(), ElementsAre("edge.pem PKI_MALFORMED", "stock.pem PKI_MALFORMED"));
}

TEST_F(PkiReport, WarnsOfProcessesWithoutACertificateForTheirModules) {
  const std::vector<Holder> expected = {{"edge", {"gateway"}}, {"sales", {"order"}}, two[1]};
  EXPECT_THAT(faults(expected), ElementsAre("edge.pem CERTIFICATE_OUTDATED", "sales.pem CERTIFICATE_MISSING"));
}

TEST_F(PkiReport, IsOfAnAuthority) {
  fs::remove(files.authorities());
  EXPECT_EQ(inspect(files, {}, clock.now()).error().reason(), "PKI_MISSING");
}

}  // namespace
}  // namespace emporion::app
