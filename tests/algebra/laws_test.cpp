// The laws of the paper's appendix A, per semiring and value type, on random arrays with disjoint,
// equal and overlapping keys.
//
// Values are small and dyadic, so that no rounding and no overflow disturbs a law. A missing entry
// is the semiring's 0, so arrays are compared after entries that *store* the semiring's 0 have been
// taken out: a law says that two values are equal, not that both are stored.
#include "tests/algebra/random_arrays.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

// The same array, where 0 is 0 whether stored or not.
template <class S, class T>
bool same(const AssocArray<T>& A, const AssocArray<T>& B) {
  return equal(A.where(Comparison::not_equal, S::template zero<T>()),
               B.where(Comparison::not_equal, S::template zero<T>()));
}

template <class S, class T>
void check_laws(Keys keys) {
  std::mt19937 random(11);
  const auto rows = [&](int which) { return key_pool(keys, which, "r", 4); };
  for (int round = 0; round < 4; ++round) {
    const auto array = [&](int which) {
      return random_array<S, T>(random, rows(which), key_pool(keys, which, "c", 3));
    };
    const AssocArray<T> A = array(0), B = array(1), C = array(2);
    const auto add = [](const auto& X, const auto& Y) { return plus<S>(X, Y); };
    const auto mul = [](const auto& X, const auto& Y) { return times<S>(X, Y); };
    const auto dot = [](const auto& X, const auto& Y) { return multiply<S>(X, Y); };

    // Element-wise: commutative, associative, distributive.
    holds("A + B = B + A", equal(add(A, B), add(B, A)));
    holds("A x B = B x A", equal(mul(A, B), mul(B, A)));
    holds("(A + B) + C = A + (B + C)", equal(add(add(A, B), C), add(A, add(B, C))));
    holds("(A x B) x C = A x (B x C)", equal(mul(mul(A, B), C), mul(A, mul(B, C))));
    holds("A x (B + C) = A x B + A x C", same<S>(mul(A, add(B, C)), add(mul(A, B), mul(A, C))));

    // Products: P is rows x columns, Q and R columns x rows' keys.
    const auto inner = [&](int which) {
      return random_array<S, T>(random, key_pool(keys, which, "c", 3), rows(which));
    };
    const AssocArray<T> P = array(0), Q = inner(1), R = inner(2), U = array(1);
    holds("P (Q + R) = P Q + P R", same<S>(dot(P, add(Q, R)), add(dot(P, Q), dot(P, R))));
    holds("(P + U) Q = P Q + U Q", same<S>(dot(add(P, U), Q), add(dot(P, Q), dot(U, Q))));
    holds("(P Q)^T = Q^T P^T",
          same<S>(dot(P, Q).transposed(), dot(Q.transposed(), P.transposed())));
    if constexpr (sizeof(T) > 1 || std::is_same_v<T, bool>) {
      holds("(P Q) U = P (Q U)", same<S>(dot(dot(P, Q), U), dot(P, dot(Q, U))));
    }

    // Kronecker products, of small arrays whose keys have one length.
    const auto small = [&](int which) {
      return random_array<S, T>(random, key_pool(keys, which, "k", 2),
                                key_pool(keys, which, "l", 2));
    };
    const AssocArray<T> K = small(0), L = small(1), M = small(2);
    const auto cross = [](const auto& X, const auto& Y) { return kronecker<S>(X, Y); };
    holds("(K (x) L) (x) M = K (x) (L (x) M)", equal(cross(cross(K, L), M), cross(K, cross(L, M))));
    holds("K (x) (L + M) = K (x) L + K (x) M",
          same<S>(cross(K, add(L, M)), add(cross(K, L), cross(K, M))));
    holds("(K (x) L)^T = K^T (x) L^T",
          equal(cross(K, L).transposed(), cross(K.transposed(), L.transposed())));

    // Identities and annihilators.
    const T one = S::template one<T>();
    const AssocArray<T> zero;
    holds("A + 0 = A", equal(add(A, zero), A));
    holds("A x ones = A",
          equal(mul(A, AssocArray<T>::ones(A.row_keys(), A.column_keys(), one)), A));
    holds("A I = A", equal(dot(A, AssocArray<T>::identity(A.column_keys(), one)), A));
    holds("I A = A", equal(dot(AssocArray<T>::identity(A.row_keys(), one), A), A));
    holds("A x 0 = 0", mul(A, zero).entries() == 0);
    holds("A 0 = 0", dot(A, zero).entries() == 0);
  }
}

template <class S, class T>
void check_scalars() {
  std::mt19937 random(3);
  const T zero = S::template zero<T>();
  const T one = S::template one<T>();
  for (int round = 0; round < 20; ++round) {
    const T value = random_value<S, T>(random);
    holds("a + 0 = a", S::Add::template apply<T>(value, zero) == value);
    holds("a x 1 = a", S::Multiply::template apply<T>(value, one) == value);
    holds("1 x a = a", S::Multiply::template apply<T>(one, value) == value);
    // Where a type has no infinity, its greatest or least value stands in and does not annihilate +
    // or x.
    constexpr bool needs_infinity =
        std::is_same_v<S, MaxPlus> || std::is_same_v<S, MinPlus> || std::is_same_v<S, MinTimes>;
    if constexpr (!needs_infinity || std::numeric_limits<T>::has_infinity) {
      holds("a x 0 = 0", S::Multiply::template apply<T>(value, zero) == zero);
    }
  }
}

}  // namespace

TEST_CASE("the laws of every semiring") {
  for_every_semiring([]<class S, class T>() {
    check_scalars<S, T>();
    for (const Keys keys : {Keys::equal, Keys::disjoint, Keys::overlapping}) {
      check_laws<S, T>(keys);
    }
  });
}
