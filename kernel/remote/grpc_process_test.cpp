#include "kernel/remote/grpc_process.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstdlib>

namespace emporion::remote {
namespace {

// After what OpenSSL would do at the end of a process, since it is registered before OpenSSL is used.
void end_of_process() {
  EVP_MD* digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::_Exit(digest != nullptr ? 0 : 3);
}

void use_openssl_and_end() {
  prepare_grpc();
  std::atexit(end_of_process);
  EVP_MD_free(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  std::exit(4);
}

TEST(GrpcProcess, KeepsOpenSslUntilItIsGone) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // In a process of its own, where nothing has used OpenSSL before.
  EXPECT_EXIT(use_openssl_and_end(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace emporion::remote
