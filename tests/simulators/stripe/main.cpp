#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/simulators/stripe/stripe_simulator.hpp"

// A provider for journeys: emporion_stripe_simulator [--port N] [--webhook URL] [--secret-key K] [--webhook-secret K]. Prints `ready http://127.0.0.1:N`.
int main(int argc, char** argv) {
  using namespace emporion;
  simulators::StripeSimulatorOptions options;
  std::uint16_t port = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--port") port = static_cast<std::uint16_t>(std::strtoul(value.c_str(), nullptr, 10));
    if (name == "--webhook") options.webhook_url = value;
    if (name == "--secret-key") options.secret_key = value;
    if (name == "--webhook-secret") options.webhook_secret = value;
  }
  Runtime runtime;
  SystemClock clock;
  simulators::StripeSimulator simulator(runtime, clock, options);
  if (const auto listening = simulator.listen(port); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().to_string().c_str());
    return 1;
  }
  runtime.watch_signals([&runtime] { runtime.stop(); });
  std::printf("ready %s\n", simulator.url().c_str());
  std::fflush(stdout);
  runtime.run();
  return 0;
}
