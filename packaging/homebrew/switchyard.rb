# Template of the Homebrew formula: `deno task release` fills in @…@ and writes the result beside the archives.
class Switchyard < Formula
  desc "Gateway that lets Claude Code and other Anthropic clients use any model"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@URL@/switchyard-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256 switchyard-aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "@URL@/switchyard-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256 switchyard-x86_64-apple-darwin.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "@URL@/switchyard-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256 switchyard-aarch64-unknown-linux-gnu.tar.gz@"
    end
    on_intel do
      url "@URL@/switchyard-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256 switchyard-x86_64-unknown-linux-gnu.tar.gz@"
    end
  end

  def install
    bin.install "switchyard"
    pkgshare.install "proxy.example.yaml"
  end

  service do
    run [opt_bin/"switchyard", "serve"]
    keep_alive true
    log_path var/"log/switchyard.log"
    error_log_path var/"log/switchyard.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/switchyard --version")
    system bin/"switchyard", "init", testpath/"proxy.yaml"
    assert_predicate testpath/"proxy.yaml", :exist?
  end
end
