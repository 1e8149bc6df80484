/* The protocol of fencing tokens (rule 3 of lib/core/PROTOCOL.md) in Promela, for Spin: two attempts
 * to take one lock on three nodes with a quorum of two. Messages are explicit here: they lie in
 * channels that are read in any order, and one that is lost is one that nobody reads. Keys vanish at
 * any moment. token_model.h has the same protocol with fewer states for as much, and more variants.
 *
 *   spin -a tokens.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -E
 *   spin -t -T -B tokens.pml            what happens on the way to an error
 *
 * The invariants TokensDiffer, TokensGrow and CountersNeverFall are asserted where they could begin
 * not to hold. How to break them (give both commands of spin the same of these):
 *   -DFINALISE_NOBODY      the largest counter is the token, nodes are not told
 *   -DFINALISE_ALL         nodes take over a token from whoever asks
 *   -DFINALISE_BY_NONCE    ... from the holder, whichever of his grants it is; wrong only with
 *   -DDUPLICATES=1         so many acquires are executed twice
 *   -DRELEASE_OVERWRITES   a release sets the counter to its token
 */
#define NODES 3
#define NOBODY 2 /* No attempt: those are 0 and 1. */

#ifndef DUPLICATES
#define DUPLICATES 0
#endif

mtype = { Acquire, Finalise, Release, Granted, Done, Nothing };

/* kind, attempt, c of the grant, token. Sorted, since their order means nothing. */
chan requests[NODES] = [8] of { mtype, byte, byte, byte };
/* kind, node, c */
chan answers[2] = [6] of { mtype, byte, byte };

/* Nodes: the lock's counter; whose nonce is in its key, and the c beside it. */
byte counter[NODES];
byte owner[NODES] = NOBODY;
byte grant[NODES];

/* Attempts: the token that was handed out (0: none), and that of the other one at the start. */
byte token[2];
byte before[2];
mtype awaits[2]; /* Which answers it still takes note of. */

/* Of attempt a, which is final. */
#define TokensDiffer(a) (token[a] != token[1 - a])
#define TokensGrow(a) (token[a] > before[a])
#define CountersNeverFall(n, value) (value >= counter[n])

inline SetCounter(n, value) {
  assert(CountersNeverFall(n, value));
  counter[n] = value
}

inline Raise(n, value) {
  if
  :: value > counter[n] -> counter[n] = value
  :: else
  fi
}

inline Free(n) {
  owner[n] = NOBODY;
  grant[n] = 0
}

inline Answer(a, kind, n, c) {
  if
  :: awaits[a] == kind -> answers[a]!!kind, n, c
  :: awaits[a] != kind || DUPLICATES > 0 /* That of another execution is the one that arrives. */
  fi
}

/* What the attempt did not wait for is forgotten, so that states do not differ in it. */
inline Await(kind) {
  awaits[a] = kind;
  do
  :: answers[a]?_, _, _
  :: empty(answers[a]) -> break
  od
}

/* acquire.lua */
inline ExecuteAcquire(n, a) {
  if
  :: owner[n] == NOBODY ->
       SetCounter(n, counter[n] + 1);
       owner[n] = a;
       grant[n] = counter[n];
       printf("node %d grants attempt %d, counter %d\n", n, a, counter[n]);
       Answer(a, Granted, n, counter[n])
  :: else
  fi
}

#if defined(FINALISE_ALL)
#define MAY_FINALISE(n, a, c) true
#elif defined(FINALISE_BY_NONCE)
#define MAY_FINALISE(n, a, c) (owner[n] == a)
#else
#define MAY_FINALISE(n, a, c) (owner[n] == a && grant[n] == c)
#endif

/* finalise.lua */
inline ExecuteFinalise(n, a, c, t) {
  if
  :: MAY_FINALISE(n, a, c) ->
       Raise(n, t);
       printf("node %d takes over %d from attempt %d\n", n, t, a);
       Answer(a, Done, n, c)
  :: else
  fi
}

/* release.lua */
inline ExecuteRelease(n, a, t) {
  printf("node %d executes the release of attempt %d, token %d\n", n, a, t);
  if
  :: owner[n] == a -> Free(n)
  :: else
  fi;
#ifdef RELEASE_OVERWRITES
  SetCounter(n, t)
#else
  Raise(n, t)
#endif
}

#define SERVE(a)                                                                   \
  atomic { requests[n]??Acquire, a, c, t -> ExecuteAcquire(n, a); c = 0; t = 0 }   \
  :: atomic { requests[n]??Finalise, a, c, t -> ExecuteFinalise(n, a, c, t); c = 0; t = 0 } \
  :: atomic { requests[n]??Release, a, c, t -> ExecuteRelease(n, a, t); c = 0; t = 0 }

proctype Node(byte n) {
  byte c, t;
  do
  :: SERVE(0)
  :: SERVE(1)
  :: atomic {
       owner[n] != NOBODY ->
       printf("the key of attempt %d vanishes on node %d\n", owner[n], n);
       Free(n)
     }
  od
}

/* The next node that grants, but `except`. */
inline ReceiveGrant(n, c, except) {
  if
  :: except != 0 -> answers[a]??Granted, 0, c; n = 0
  :: except != 1 -> answers[a]??Granted, 1, c; n = 1
  :: except != 2 -> answers[a]??Granted, 2, c; n = 2
  fi
}

inline Send(n, kind, c, t) { requests[n]!!kind, a, c, t }

inline SendAll(kind, t) {
  Send(0, kind, 0, t);
  Send(1, kind, 0, t);
  Send(2, kind, 0, t)
}

inline Final() {
  token[a] = mine;
  printf("attempt %d is final with %d\n", a, mine);
  assert(TokensGrow(a));
  assert(TokensDiffer(a))
}

proctype Attempt(byte a) {
  byte low, high, low_c, high_c, mine;
  atomic {
    before[a] = token[1 - a];
    awaits[a] = Granted;
    printf("attempt %d asks all nodes\n", a);
    SendAll(Acquire, 0)
  }
  atomic { ReceiveGrant(low, low_c, NODES) }
  atomic {
    ReceiveGrant(high, high_c, low);
    Await(Done);
    if
    :: low_c > high_c ->
         mine = low; low = high; high = mine;
         mine = low_c; low_c = high_c; high_c = mine
    :: else
    fi;
    mine = high_c;
#ifdef FINALISE_NOBODY
    Final()
#else
    if
    :: low_c == high_c -> Final()
    :: else ->
         printf("attempt %d tells node %d to finalise %d\n", a, low, mine);
         Send(low, Finalise, low_c, mine)
    fi
#endif
  }
  if
  :: token[a] != 0
  :: atomic { answers[a]??Done, low, low_c -> Final() }
  :: token[a] == 0 -> printf("attempt %d gives up\n", a)
  fi;
  atomic {
    Await(Nothing);
    SendAll(Release, mine);
    low = 0; high = 0; low_c = 0; high_c = 0; mine = 0
  }
}

/* A network may deliver what was sent to it twice. */
proctype Duplicate() {
  byte n, c, t;
  byte left = DUPLICATES;
  do
  :: atomic {
       left > 0 ->
       left--;
       select(n : 0 .. 2);
       if
       :: requests[n]?? <Acquire, 0, c, t> -> requests[n]!!Acquire, 0, c, t
       :: requests[n]?? <Acquire, 1, c, t> -> requests[n]!!Acquire, 1, c, t
       fi
     }
  :: left == 0 -> break
  od
}

init {
  atomic {
    counter[1] = 1;
    counter[2] = 1;
    run Node(0);
    run Node(1);
    run Node(2);
    run Attempt(0);
    run Attempt(1);
    if
    :: DUPLICATES > 0 -> run Duplicate()
    :: else
    fi
  }
}
