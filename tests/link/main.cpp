// Links one whole layer and only what that layer may use. That it links is the test; running it
// shows that no static initialiser of the layer needs a layer above.
#include <cstdio>

int main() {
  std::puts(PARLEY_LAYER " links alone");
  return 0;
}
