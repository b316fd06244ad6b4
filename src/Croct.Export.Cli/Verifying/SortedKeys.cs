using System.Runtime.InteropServices;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Verifying;

/// <summary>Sorts any number of keys in little memory: sorted runs of them go to a temporary file, and are merged.</summary>
internal sealed class SortedKeys : IDisposable
{
    private const int RunLength = 256 * 1024;
    private const int BufferLength = 4 * 1024;

    private readonly UInt128[] _keys = new UInt128[RunLength];
    private readonly List<int> _runs = [];
    private Stream? _file;
    private int _count;

    public void Add(ItemKey key)
    {
        if (_count == RunLength) WriteRun();
        _keys[_count++] = key.Hash;
    }

    /// <summary>All keys in order, a key that was added several times as often. No key may be added any more.</summary>
    public IEnumerable<UInt128> Read()
    {
        Array.Sort(_keys, 0, _count);
        var runs = new List<IEnumerator<UInt128>> { _keys.Take(_count).GetEnumerator() };
        runs.AddRange(_runs.Select((length, run) => ReadRun(run, length).GetEnumerator()));
        var next = new PriorityQueue<IEnumerator<UInt128>, UInt128>();
        foreach (var run in runs) Enqueue(run);
        while (next.TryDequeue(out var run, out var key))
        {
            yield return key;
            Enqueue(run);
        }

        void Enqueue(IEnumerator<UInt128> run)
        {
            if (run.MoveNext()) next.Enqueue(run, run.Current);
            else run.Dispose();
        }
    }

    public void Dispose() => _file?.Dispose();

    private void WriteRun()
    {
        _file ??= TemporaryFile.Create();
        Array.Sort(_keys, 0, _count);
        _file.Write(MemoryMarshal.AsBytes(_keys.AsSpan(0, _count)));
        _runs.Add(_count);
        _count = 0;
    }

    private IEnumerable<UInt128> ReadRun(int run, int length)
    {
        const int KeySize = 16;
        var position = (long)run * RunLength * KeySize;
        var buffer = new UInt128[Math.Min(BufferLength, length)];
        for (var left = length; left > 0;)
        {
            var count = Math.Min(left, buffer.Length);
            Fill(buffer.AsSpan(0, count), position);
            for (var i = 0; i < count; i++) yield return buffer[i];
            (left, position) = (left - count, position + ((long)count * KeySize));
        }
    }

    private void Fill(Span<UInt128> buffer, long position)
    {
        _file!.Position = position;
        _file.ReadExactly(MemoryMarshal.AsBytes(buffer));
    }
}
