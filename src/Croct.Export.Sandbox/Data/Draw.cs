namespace Croct.Export.Sandbox.Data;

/// <summary>Pseudorandom numbers that depend only on a seed, a purpose and an index (SplitMix64).</summary>
internal struct Draw(ulong state)
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    private ulong _state = state;

    public static Draw Of(int seed, Purpose purpose, long index) =>
        new(Mix(Mix(((ulong)seed * Increment) + (ulong)purpose) + ((ulong)index * Increment)));

    /// <summary>Spreads a number over all 64 bits; <see cref="Unmix"/> reverses it.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    public static ulong Unmix(ulong value)
    {
        value = (value ^ (value >> 31) ^ (value >> 62)) * 0x319642B2D24D8EC3;
        value = (value ^ (value >> 27) ^ (value >> 54)) * 0x96DE1B173F119089;
        return value ^ (value >> 30) ^ (value >> 60);
    }

    /// <summary>Hashes a text, with the same result in every process (FNV-1a).</summary>
    public static ulong Hash(string text)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var character in text) hash = (hash ^ character) * 0x100000001B3;
        return Mix(hash);
    }

    public ulong Next() => Mix(_state += Increment);

    /// <summary>Draws a number that is at least 0 and less than <paramref name="bound"/>.</summary>
    public long Below(long bound) => (long)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Draws a number that is at least 0 and less than <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)Below((long)bound);

    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(T[] choices) => choices[Below(choices.Length)];

    /// <summary>Draws a version 4 UUID.</summary>
    public Guid Uuid() => ItemId.Layout(Next(), Next());
}

/// <summary>The purpose of drawn numbers. It makes the numbers of an event independent of those of the session with the same index.</summary>
internal enum Purpose
{
    EventId,
    EventTime,
    EventKind,
    Event,
    SessionId,
    SessionTime,
    Session,
    UserId,
    UserTime,
    User,
    Identity,
    Anonymity,
    Home,
    Device,
    Form,
    Experience,
    Fault,
    Late,
    FurtherKind,
    Sample,
}
